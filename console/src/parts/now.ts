import { readonly, ref, type Ref } from 'vue'

const now = ref(Date.now())
let ticking = 0

/** The present, a second at a time, shared by all who show how long something takes. */
export function useNow(): Readonly<Ref<number>> {
  ticking ||= window.setInterval(() => { now.value = Date.now() }, 1000)
  return readonly(now)
}
