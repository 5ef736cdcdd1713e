import { useToast } from '@nuxt/ui/composables'
import { ref } from 'vue'

import { useComplaint } from './failures'

/**
 * An action of a button: `running` while it works, a failure said, and `done` said when it went well.
 *
 *     const { run, running } = useAct(() => api.post(…), () => t('keys.rotated'))
 */
export function useAct<Arguments extends unknown[]>(work: (...given: Arguments) => Promise<unknown>, done?: (...given: Arguments) => string) {
  const running = ref(false)
  const toast = useToast()
  const complain = useComplaint()

  /** True when it went well. */
  async function run(...given: Arguments): Promise<boolean> {
    running.value = true
    try {
      await work(...given)
      if (done) toast.add({ title: done(...given), color: 'success', icon: 'i-lucide-check' })
      return true
    } catch (error) {
      complain(error)
      return false
    } finally {
      running.value = false
    }
  }

  return { run, running }
}
