import type { LocationQueryRaw } from 'vue-router'

import type { Span } from './range'

/** The requests behind a figure: of the same time, and with these filters. */
export function requestsOf(choice: string, span: Span, filters: Record<string, string>) {
  const time: LocationQueryRaw = choice !== 'custom' ? { range: choice } : { since: new Date(span.since).toISOString(), ...(span.until !== null && { until: new Date(span.until).toISOString() }) }
  return { path: '/requests', query: { ...time, ...filters } }
}

export type LinkTo = (filters: Record<string, string>) => ReturnType<typeof requestsOf>
