import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'

import { api, type Answer } from '../../api/client'
import { everyPage } from '../../parts/everyPage'
import { queries } from '../../queries'

export type Block = Answer<'/v2/ips/blocked', 'get'>['items'][number]
export type TopAddress = Answer<'/v2/ips/top', 'get'>['items'][number]

const HOUR_MS = 3_600_000
export const RANGES = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS } as const
export type Range = keyof typeof RANGES

/** What is refused now. */
export function useBlocked() {
  return useQuery({
    queryKey: ['ips', 'blocked'],
    queryFn: ({ signal }) => everyPage((cursor) => api.get('/v2/ips/blocked', { query: { limit: 500, cursor }, signal })),
    refetchInterval: 30_000,
  })
}

/** Who asked most, since a while ago. */
export function useTop(range: Ref<Range>) {
  return useQuery({
    queryKey: ['ips', 'top', range],
    queryFn: ({ signal }) => api.get('/v2/ips/top', { query: { since: new Date(Date.now() - RANGES[range.value]).toISOString(), limit: 50 }, signal }),
    refetchInterval: 30_000,
  })
}

export const ipsChanged = (): Promise<void> => queries.invalidateQueries({ queryKey: ['ips'] })
