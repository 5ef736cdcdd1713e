import { useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { api, type Asked } from '../../api/client'
import { queries } from '../../queries'

export type RunBody = Asked<'/v2/conformance/plan', 'post'>['body']

const PAGE = 50

/** Runs, the newest first; asked again every three seconds while one is at work. */
export function useRuns() {
  return useInfiniteQuery({
    queryKey: ['conformance', 'runs'],
    queryFn: ({ pageParam, signal }) => api.get('/v2/conformance', { query: { limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((each) => each.state === 'running')) ? 3000 : false),
  })
}

/** A run with its results, growing as they come. */
export function useRun(id: Ref<string>) {
  return useQuery({
    queryKey: ['conformance', 'run', id],
    queryFn: ({ signal }) => api.get('/v2/conformance/{id}', { path: { id: id.value }, signal }),
    enabled: computed(() => id.value !== ''),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 1500 : false),
  })
}

/** Every case there is; they change with the version of the gateway alone. */
export function useCases() {
  return useQuery({ queryKey: ['conformance', 'cases'], queryFn: ({ signal }) => api.get('/v2/conformance/cases', { signal }).then((answer) => answer.items), staleTime: Infinity })
}

/** What runs may ask: those providers that are on. */
export function useProviders() {
  return useQuery({ queryKey: ['providers', 'list'], queryFn: ({ signal }) => api.get('/v2/providers', { query: { limit: 500 }, signal }).then((page) => page.items) })
}

export function useAccountsOf(provider: Ref<string>) {
  return useQuery({
    queryKey: ['accounts', 'of', provider],
    queryFn: ({ signal }) => api.get('/v2/accounts', { query: { provider: provider.value, limit: 500 }, signal }).then((page) => page.items),
    enabled: computed(() => provider.value !== ''),
  })
}

export const runsChanged = (): Promise<void> => queries.invalidateQueries({ queryKey: ['conformance', 'runs'] })
