import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { api, type Asked } from '../../api/client'
import { queries } from '../../queries'

export type Filters = NonNullable<Asked<'/v2/accounts', 'get'>['query']>

const PAGE = 100

/** The accounts that the filters let through, page after page, fresh every ten seconds. */
export function useAccounts(filters: Ref<Filters>) {
  return useInfiniteQuery({
    queryKey: ['accounts', 'list', filters],
    queryFn: ({ pageParam, signal }) => api.get('/v2/accounts', { query: { ...filters.value, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
}

export function useAccount(id: Ref<string>) {
  return useQuery({
    queryKey: ['accounts', 'one', id],
    queryFn: ({ signal }) => api.get('/v2/accounts/{id}', { path: { id: id.value }, signal }),
    enabled: computed(() => id.value !== ''),
    refetchInterval: 10_000,
  })
}

export function useProviders() {
  return useQuery({ queryKey: ['providers', 'list'], queryFn: ({ signal }) => api.get('/v2/providers', { query: { limit: 500 }, signal }).then((page) => page.items) })
}

/** After anything that changes accounts: what shows them asks anew. */
export async function accountsChanged(): Promise<void> {
  await Promise.all([queries.invalidateQueries({ queryKey: ['accounts'] }), queries.invalidateQueries({ queryKey: ['providers'] })])
}
