import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { api, type Asked } from '../../api/client'
import { queries } from '../../queries'
import { useSession } from '../../session'

export type Filters = NonNullable<Asked<'/v2/keys', 'get'>['query']>

const PAGE = 100

/** The keys that the filters let through, page after page, fresh every fifteen seconds. */
export function useKeys(filters: Ref<Filters>) {
  return useInfiniteQuery({
    queryKey: ['keys', 'list', filters],
    queryFn: ({ pageParam, signal }) => api.get('/v2/keys', { query: { ...filters.value, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
}

export function useKey(id: Ref<string>) {
  return useQuery({
    queryKey: ['keys', 'one', id],
    queryFn: ({ signal }) => api.get('/v2/keys/{id}', { path: { id: id.value }, signal }),
    enabled: computed(() => id.value !== ''),
    refetchInterval: 15_000,
  })
}

/** What the key used in the last thirty days, day by day. */
export function useKeyUse(id: Ref<string>) {
  return useQuery({
    queryKey: ['keys', 'use', id],
    queryFn: ({ signal }) => api.get('/v2/keys/{id}/usage', { path: { id: id.value }, signal }),
    refetchInterval: 30_000,
  })
}

/** Who keys can belong to; holders are not told. */
export function useOwners() {
  const session = useSession()
  return useQuery({
    queryKey: ['users', 'owners'],
    queryFn: ({ signal }) => api.get('/v2/users', { query: { limit: 500 }, signal }).then((page) => page.items),
    enabled: computed(() => session.may('viewer')),
  })
}

/** Whether callers need a key now; holders are not told. */
export function useListening() {
  const session = useSession()
  return useQuery({
    queryKey: ['about'],
    queryFn: ({ signal }) => api.get('/v2/about', { signal }),
    select: (about) => about.listening,
    enabled: computed(() => session.may('viewer')),
  })
}

/** After anything that changes keys: what shows them asks anew. */
export async function keysChanged(): Promise<void> {
  await Promise.all([queries.invalidateQueries({ queryKey: ['keys'] }), queries.invalidateQueries({ queryKey: ['about'] })])
}
