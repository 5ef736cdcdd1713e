/** A look ahead that follows what is written: the last one asked for is shown, those before it are let go. */
import { useDebounceFn } from '@vueuse/core'
import { onScopeDispose, ref, shallowRef, watch, type WatchSource } from 'vue'

import { failureText } from '../../parts/failures'

const PAUSE_MS = 400

/** `look` is asked a moment after any of `sources` changed. It answers null where there is nothing to look at. */
export function usePreview<T>(sources: WatchSource[], look: (signal: AbortSignal) => Promise<T | null>) {
  const seen = shallowRef<T | null>(null)
  const looking = ref(false)
  const problem = ref('')
  let asked: AbortController | undefined

  async function ask(): Promise<void> {
    asked?.abort()
    const mine = new AbortController()
    asked = mine
    try {
      const found = await look(mine.signal)
      if (asked === mine) seen.value = found
    } catch (error) {
      if (asked === mine) problem.value = failureText(error)
    } finally {
      if (asked === mine) looking.value = false
    }
  }

  const askSoon = useDebounceFn(ask, PAUSE_MS)
  watch(sources, () => {
    asked?.abort()
    asked = undefined
    seen.value = null
    problem.value = ''
    looking.value = true
    void askSoon()
  })
  onScopeDispose(() => { asked?.abort() })

  return { seen, looking, problem }
}
