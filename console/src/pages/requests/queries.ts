import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { api } from '../../api/client'
import type { LogRow } from '../../api/types'
import { queries } from '../../queries'
import { useSession } from '../../session'
import { queryOf, type Chosen } from './filters'

const PAGE = 100
const MOST = 500

/** What fits the filters, newest first. A page may be empty and have another behind it: what is rare is searched for piece by piece. */
export function useRequests(chosen: Chosen) {
  const key = computed(() => ['requests', 'list', { ...chosen }] as const)
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.get('/v2/logs', { query: { ...queryOf(chosen, Date.now()), limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  })

  /** From the newest on, as if the page had just been opened; what is shown stays until the answer is here. */
  async function again(): Promise<void> {
    queries.setQueryData<typeof query.data.value>(key.value, (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) })
    await query.refetch()
  }

  return { query, again }
}

/** One request. A row never changes once it is written, so one that is known already is not asked for. */
export function useRequest(id: Ref<string>, known: (id: string) => LogRow | undefined) {
  return useQuery({
    queryKey: ['requests', 'one', id],
    queryFn: ({ signal }) => known(id.value) ?? api.get('/v2/logs/{request_id}', { path: { request_id: id.value }, signal }),
    enabled: computed(() => id.value !== ''),
    staleTime: Infinity,
  })
}

const PLAYGROUND = 'playground_'

/** What is behind the ids of the log, as far as the one who looks may know it; else the ids themselves. */
export function useNames() {
  const session = useSession()
  const seesAll = computed(() => session.may('viewer'))
  const keys = useQuery({ queryKey: ['keys', 'names'], queryFn: ({ signal }) => api.get('/v2/keys', { query: { limit: MOST }, signal }).then((page) => page.items), staleTime: 60_000 })
  const accounts = useQuery({ queryKey: ['accounts', 'names'], queryFn: ({ signal }) => api.get('/v2/accounts', { query: { limit: MOST }, signal }).then((page) => page.items), staleTime: 60_000, enabled: seesAll })
  const providers = useQuery({ queryKey: ['providers', 'list'], queryFn: ({ signal }) => api.get('/v2/providers', { query: { limit: MOST }, signal }).then((page) => page.items), staleTime: 60_000, enabled: seesAll })
  const models = useQuery({ queryKey: ['models'], queryFn: () => api.get('/v2/models'), staleTime: 60_000 })

  const keyNames = computed(() => new Map((keys.data.value ?? []).map((each) => [each.id, each.name])))
  const accountNames = computed(() => new Map((accounts.data.value ?? []).map((each) => [each.id, each.label])))

  return {
    seesAll,
    keyName: (id: string): string => keyNames.value.get(id) ?? (id.startsWith(PLAYGROUND) ? 'Playground' : id),
    accountName: (id: string): string => accountNames.value.get(id) ?? id,
    /** Whether there is still such an account or key to look at. */
    isAccount: (id: string): boolean => accountNames.value.has(id),
    isKey: (id: string): boolean => keyNames.value.has(id),
    keys: computed(() => (keys.data.value ?? []).map((each) => ({ label: each.name, value: each.id }))),
    accounts: computed(() => (accounts.data.value ?? []).map((each) => ({ label: each.label, value: each.id, description: each.provider }))),
    providers: computed(() => (providers.data.value ?? []).map((each) => ({ label: each.name, value: each.name }))),
    models: computed(() => [...new Set((models.data.value?.items ?? []).map((each) => each.name))]),
  }
}

export type Names = ReturnType<typeof useNames>
