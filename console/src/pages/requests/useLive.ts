import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

import type { LogRow } from '../../api/types'
import { useTail } from '../../parts/tail'
import type { LogQuery } from './filters'
import { NOTHING, release, take } from './live'

/** Drawn so often at most, however many requests end. */
const PULSE_MS = 200

/** Requests as they end, in a window that holds still while `holding`. `begun` is called when the stream has begun anew, as soon as nothing is held still. */
export function useLive(on: Ref<boolean>, query: Ref<LogQuery>, holding: Ref<boolean>, begun: () => void) {
  const watched = shallowRef(NOTHING)
  /** The gateway could not say how many are missing. */
  const gap = ref(false)
  let arrived: LogRow[] = []
  let pulse: number | undefined

  const { state } = useTail({
    on,
    query,
    request: (row) => {
      arrived.push(row)
      pulse ??= window.setTimeout(draw, PULSE_MS)
    },
    missed: (rows) => {
      if (rows === null) gap.value = true
      else watched.value = { ...watched.value, missed: watched.value.missed + rows }
    },
  })

  function draw(): void {
    pulse = undefined
    const rows = arrived
    arrived = []
    watched.value = take(watched.value, rows, holding.value)
  }

  function forget(): void {
    arrived = []
    watched.value = NOTHING
    gap.value = false
  }

  function show(): void {
    watched.value = release(watched.value)
  }

  /** The stream has begun, and nobody has looked again yet at what is stored. */
  let unread = false
  function look(): void {
    if (!unread || holding.value) return
    unread = false
    begun()
  }

  watch(holding, (now) => {
    if (now) return
    show()
    look()
  })
  watch([on, () => JSON.stringify(query.value)], forget)
  watch(state, (now) => {
    if (now !== 'live') return
    unread = true
    look()
  })
  onScopeDispose(() => { window.clearTimeout(pulse) })

  return { watched, gap, state, forget, show }
}
