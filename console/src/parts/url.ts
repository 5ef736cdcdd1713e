import { customRef, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** A filter that stands in the address, so that a link shows the same: `const state = useUrlText('state')`. Empty is left out. */
export function useUrlText(name: string, fallback = ''): Ref<string> {
  const route = useRoute()
  const router = useRouter()
  return customRef<string>((track, trigger) => ({
    get() {
      track()
      const value = route.query[name]
      return typeof value === 'string' ? value : fallback
    },
    set(value) {
      pending = { ...pending, [name]: value === fallback || value === '' ? undefined : value }
      queueMicrotask(() => {
        if (!pending) return
        const query = { ...route.query, ...pending }
        pending = undefined
        void router.replace({ query, hash: route.hash }).then(trigger)
      })
    },
  }))
}

/** Changes of one moment go into one address. */
let pending: Record<string, string | undefined> | undefined
