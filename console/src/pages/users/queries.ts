import { useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'

import { api, type Answer, type Asked } from '../../api/client'
import { everyPage } from '../../parts/everyPage'
import { queries } from '../../queries'

export type AuditFilters = NonNullable<Asked<'/v2/audit', 'get'>['query']>
export type AuditLine = Answer<'/v2/audit', 'get'>['items'][number]

export function useUsers() {
  return useQuery({
    queryKey: ['users'],
    queryFn: ({ signal }) => everyPage((cursor) => api.get('/v2/users', { query: { limit: 500, cursor }, signal })),
    refetchInterval: 30_000,
  })
}

/** What was done, page after page, the newest first. */
export function useAudit(filters: Ref<AuditFilters>) {
  return useInfiniteQuery({
    queryKey: ['audit', filters],
    queryFn: ({ pageParam, signal }) => api.get('/v2/audit', { query: { ...filters.value, limit: 50, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
}

export async function usersChanged(): Promise<void> {
  await Promise.all([queries.invalidateQueries({ queryKey: ['users'] }), queries.invalidateQueries({ queryKey: ['audit'] })])
}
