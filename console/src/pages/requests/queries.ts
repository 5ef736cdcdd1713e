import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { api } from '../../api/client'
import type { LogDetail, LogRow } from '../../api/types'
import { t } from '../../i18n'
import { everyPage } from '../../parts/everyPage'
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

/** One request with its time line; until that is here, what the list knows of it. Once written, a row never changes. */
export function useRequest(id: Ref<string>, known: (id: string) => LogRow | undefined) {
  return useQuery({
    queryKey: ['requests', 'one', id],
    queryFn: ({ signal }): Promise<LogRow & Partial<LogDetail>> => api.get('/v2/logs/{request_id}', { path: { request_id: id.value }, signal }),
    placeholderData: () => known(id.value),
    enabled: computed(() => id.value !== ''),
    staleTime: Infinity,
  })
}

/** How many requests fit the filters; asked anew whenever somebody wants to know. */
export function useCount(chosen: Chosen, wanted: Ref<boolean>) {
  return useQuery({
    queryKey: computed(() => ['requests', 'count', { ...chosen }] as const),
    queryFn: ({ signal }) => api.get('/v2/logs/count', { query: queryOf(chosen, Date.now()), signal }),
    enabled: wanted,
    staleTime: 0,
    gcTime: 0,
  })
}

const PLAYGROUND = 'playground_'
/** The one account of a provider that has its key in the configuration file. */
const CONFIGURED = 'config:'
/** Ids that the gateway made itself; others are names that somebody chose in the configuration file. */
const MADE = /^(?:acc|key)_/
const SHORT = 8
/** Long enough to tell a few apart; the whole one is in the panel. */
const short = (id: string): string => (id.length > SHORT + 1 ? `${id.slice(0, SHORT)}…` : id)

/** What is behind the ids of the log, as far as the one who looks may know it; else the ids themselves. */
export function useNames() {
  const session = useSession()
  const seesAll = computed(() => session.may('viewer'))
  const keys = useQuery({ queryKey: ['keys', 'names'], queryFn: ({ signal }) => everyPage((cursor) => api.get('/v2/keys', { query: { limit: MOST, cursor }, signal })), staleTime: 60_000 })
  const accounts = useQuery({ queryKey: ['accounts', 'names'], queryFn: ({ signal }) => everyPage((cursor) => api.get('/v2/accounts', { query: { limit: MOST, cursor }, signal })), staleTime: 60_000, enabled: seesAll })
  const providers = useQuery({ queryKey: ['providers', 'list'], queryFn: ({ signal }) => api.get('/v2/providers', { query: { limit: MOST }, signal }).then((page) => page.items), staleTime: 60_000, enabled: seesAll })
  const models = useQuery({ queryKey: ['models'], queryFn: () => api.get('/v2/models'), staleTime: 60_000 })

  const keyNames = computed(() => new Map((keys.data.value ?? []).map((each) => [each.id, each.name])))
  const accountNames = computed(() => new Map((accounts.data.value ?? []).map((each) => [each.id, each.label])))

  return {
    seesAll,
    keyName: (id: string): string => keyNames.value.get(id) ?? (id.startsWith(PLAYGROUND) ? t('nav.playground') : nameless(id, keys.isSuccess.value && seesAll.value, 'requests.deletedKey')),
    accountName: (id: string): string => (id.startsWith(CONFIGURED) ? t('requests.fromFile') : undefined) ?? accountNames.value.get(id) ?? nameless(id, accounts.isSuccess.value, 'requests.deletedAccount'),
    /** Whether there is still such an account or key to look at. */
    isAccount: (id: string): boolean => accountNames.value.has(id),
    isKey: (id: string): boolean => keyNames.value.has(id),
    keys: computed(() => (keys.data.value ?? []).map((each) => ({ label: each.name, value: each.id }))),
    accounts: computed(() => (accounts.data.value ?? []).map((each) => ({ label: each.label, value: each.id, description: each.provider }))),
    providers: computed(() => (providers.data.value ?? []).map((each) => ({ label: each.name, value: each.name }))),
    models: computed(() => [...new Set((models.data.value?.items ?? []).map((each) => each.name))]),
  }
}

/** For what is in no list: gone, if the list is here and has all there are. */
const nameless = (id: string, listed: boolean, gone: string): string => (!MADE.test(id) ? id : listed ? t(gone, { id: short(id) }) : short(id))

export type Names = ReturnType<typeof useNames>
