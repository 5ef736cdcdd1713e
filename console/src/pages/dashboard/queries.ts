import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { api } from '../../api/client'
import { queries } from '../../queries'
import { before, minutesOf, type Span } from './range'

export type Grouping = 'provider' | 'model' | 'key' | 'error'
const iso = (at: number | null): string | undefined => (at === null ? undefined : new Date(at).toISOString())
const asked = (span: Span) => ({ since: iso(span.since), until: iso(span.until) })
/** Whoever does not follow live still sees new sums, every minute. */
const SLOWLY = 60_000

/** The whole of a time, and each hour or day of it. */
export function useReport(span: Ref<Span>) {
  return useQuery({
    queryKey: ['stats', 'report', span],
    queryFn: ({ signal }) => api.get('/v2/logs/stats', { query: { ...asked(span.value), bucket: span.value.unit }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: SLOWLY,
  })
}

export function useReportBefore(span: Ref<Span>, now: Readonly<Ref<number>>) {
  const earlier = computed(() => before(span.value, now.value))
  const key = computed(() => asked(earlier.value ?? span.value))
  return useQuery({
    queryKey: ['stats-before', key],
    queryFn: ({ signal }) => api.get('/v2/logs/stats', { query: key.value, signal }),
    enabled: computed(() => earlier.value !== null),
    staleTime: SLOWLY,
  })
}

export function useGroups(span: Ref<Span>, by: Ref<Grouping>, on?: Ref<boolean>) {
  return useQuery({
    queryKey: ['stats', 'groups', span, by],
    queryFn: ({ signal }) => api.get('/v2/logs/stats', { query: { ...asked(span.value), group_by: by.value }, signal }).then((report) => report.groups),
    placeholderData: (found, asked) => (asked?.queryKey[3] === by.value ? found : undefined),
    enabled: on,
    refetchInterval: SLOWLY,
  })
}

/** Minute after minute since the span began, or the last hour. */
export function useCourse(span: Ref<Span> | null, on?: Ref<boolean>) {
  const since = computed(() => span?.value.since ?? 0)
  return useQuery({
    queryKey: ['stats', 'minutes', since],
    queryFn: ({ signal }) => api.get('/v2/stats/minutes', { query: { minutes: span ? minutesOf(span.value, Date.now()) : 60 }, signal }),
    enabled: on,
    refetchInterval: 20_000,
  })
}

export function useSummary() {
  return useQuery({ queryKey: ['stats', 'summary'], queryFn: ({ signal }) => api.get('/v2/stats', { signal }), refetchInterval: 15_000 })
}

export function useAccountCounts(on: Ref<boolean>) {
  return useQuery({ queryKey: ['stats', 'accounts'], queryFn: ({ signal }) => api.get('/v2/stats/accounts', { signal }).then((answer) => answer.items), enabled: on, refetchInterval: 15_000 })
}

/** Names of keys by their ids; of keys that are deleted nobody knows them. */
export function useKeyNames() {
  return useQuery({
    queryKey: ['keys', 'names-by-id'],
    queryFn: async ({ signal }) => new Map((await api.get('/v2/keys', { query: { limit: 500 }, signal })).items.map((key) => [key.id, key.name])),
    staleTime: 30_000,
  })
}

/** Whether any request was ever logged; asked only where the figures leave it open. */
export function useAnyRequest(on: Ref<boolean>) {
  return useQuery({
    queryKey: ['stats', 'any'],
    queryFn: async ({ signal }) => {
      const page = await api.get('/v2/logs', { query: { limit: 1 }, signal })
      return page.items.length > 0 || page.next_cursor !== null
    },
    enabled: on,
  })
}

export const statsChanged = (): Promise<void> => queries.invalidateQueries({ queryKey: ['stats'] })
