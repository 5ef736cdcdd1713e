/**
 * Requests as they end, from the one stream that tells of them (`/v2/logs/tail`).
 *
 *     const { state } = useTail({ on, query, request: (row) => …, missed: (rows) => … })
 *
 * It begins anew when it breaks, later each time, and goes on behind the last request seen; a hidden tab does not listen.
 */
import { useDocumentVisibility } from '@vueuse/core'
import { onScopeDispose, ref, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { address, send } from '../api/client'
import { eventsOf } from '../api/events'
import { Failure } from '../api/failure'
import type { LogRow } from '../api/types'

export type TailState = 'off' | 'connecting' | 'live' | 'waiting'
export interface Tail {
  on: MaybeRefOrGetter<boolean>
  /** Filters of `/v2/logs`; others begin the stream anew. */
  query?: MaybeRefOrGetter<object>
  request: (row: LogRow) => void
  /** Rows that are missing from the stream; null when nobody knows how many. */
  missed?: (rows: number | null) => void
}

const PATIENCE_MS = 30_000

/** How long to wait before the next attempt, after so many that failed. */
export const waitAfter = (failures: number, chance = Math.random()): number => Math.min(1000 * 2 ** failures, PATIENCE_MS) * (0.75 + chance / 2)

export function useTail({ on, query = {}, request, missed }: Tail) {
  const state = ref<TailState>('off')
  const seen = useDocumentVisibility()
  let running: AbortController | undefined

  async function listen(filters: object, { signal }: AbortController): Promise<void> {
    let last = ''
    for (let failures = 0; !signal.aborted; failures += 1) {
      state.value = 'connecting'
      try {
        const response = await send(address('/v2/logs/tail', undefined, filters), { signal, headers: last ? { 'last-event-id': last } : {} })
        state.value = 'live'
        failures = 0
        for await (const { event, data } of eventsOf(response.body!)) {
          if (signal.aborted) return
          if (event === 'missed') missed?.((JSON.parse(data) as { rows: number | null }).rows)
          if (event !== 'request') continue
          const row = JSON.parse(data) as LogRow
          last = row.request_id
          request(row)
        }
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof Failure && (error.status === 401 || error.status === 403)) break
      }
      if (signal.aborted) return
      state.value = 'waiting'
      await pause(waitAfter(failures), signal)
    }
    if (!signal.aborted) state.value = 'off'
  }

  function stop(): void {
    running?.abort()
    running = undefined
    state.value = 'off'
  }

  watch(
    () => (toValue(on) && seen.value === 'visible' ? JSON.stringify(toValue(query)) : null),
    (filters) => {
      stop()
      if (filters === null) return
      running = new AbortController()
      void listen(JSON.parse(filters) as object, running)
    },
    { immediate: true },
  )
  onScopeDispose(stop)

  return { state }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
  })
}
