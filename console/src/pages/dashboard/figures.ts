/** What is made of the gateway's figures here: sums of tokens, the change against an earlier time, and one request more. */
import type { Answer } from '../../api/client'
import type { components } from '../../api/schema'
import type { LogRow, Summary } from '../../api/types'

export type Figures = components['schemas']['FiguresView']
export type Report = Answer<'/v2/logs/stats', 'get'>
export type Course = Answer<'/v2/stats/minutes', 'get'>

type Read = Pick<Figures, 'input_tokens' | 'cache_read_tokens' | 'cache_write_tokens'>
/** All that was read, from a cache or not. */
export const read = (figures: Read): number => figures.input_tokens + figures.cache_read_tokens + figures.cache_write_tokens
export const tokens = (figures: Read & Pick<Figures, 'output_tokens'>): number => read(figures) + figures.output_tokens

/** How much more in a share of what was; null where there was nothing to compare with. */
export const change = (now: number | null | undefined, was: number | null | undefined): number | null =>
  now == null || was == null || was === 0 ? null : (now - was) / was

/** What a time cost in a minute: times of unlike length can be compared so. */
export function costPerMinute({ since, until, total }: Report): number {
  return total.cost_usd / Math.max((Date.parse(until) - Date.parse(since)) / 60_000, 1)
}

const known = (row: LogRow) => ({
  input_tokens: row.input_tokens ?? 0,
  cache_read_tokens: row.cache_read_tokens ?? 0,
  cache_write_tokens: row.cache_write_tokens ?? 0,
  output_tokens: row.output_tokens ?? 0,
})

/** The figures after one request more. Latencies stay until the gateway adds up again: they cannot be told from the old ones. */
export function counted(figures: Figures, row: LogRow): Figures {
  const spent = known(row)
  const succeeded = figures.succeeded + (row.succeeded ? 1 : 0)
  const failed = figures.failed + (row.succeeded || row.client_left ? 0 : 1)
  return {
    ...figures,
    requests: figures.requests + 1,
    succeeded,
    failed,
    client_left: figures.client_left + (row.client_left ? 1 : 0),
    success_rate: succeeded + failed ? succeeded / (succeeded + failed) : null,
    input_tokens: figures.input_tokens + spent.input_tokens,
    cache_read_tokens: figures.cache_read_tokens + spent.cache_read_tokens,
    cache_write_tokens: figures.cache_write_tokens + spent.cache_write_tokens,
    output_tokens: figures.output_tokens + spent.output_tokens,
    estimated_requests: figures.estimated_requests + (row.input_estimated || row.output_estimated ? 1 : 0),
    cost_usd: figures.cost_usd + (row.cost_usd ?? 0),
  }
}

export function countedMinute(summary: Summary, row: LogRow): Summary {
  return { ...summary, requests_last_minute: summary.requests_last_minute + 1, tokens_last_minute: summary.tokens_last_minute + tokens(known(row)) }
}

/** The minutes after one request more; unchanged when it began before the first of them. */
export function countedCourse(course: Course, row: LogRow): Course {
  const at = Math.floor(Date.parse(row.started_at) / 60_000) * 60_000
  const place = course.items.findIndex((each) => Date.parse(each.at) === at)
  const last = course.items.at(-1)
  const spent = known(row)
  const added = { failures: row.succeeded || row.client_left ? 0 : 1, input: read(spent), output: spent.output_tokens }
  const grown = (minute: Course['items'][number]) => ({
    ...minute,
    requests: minute.requests + 1,
    failures: minute.failures + added.failures,
    input_tokens: minute.input_tokens + added.input,
    output_tokens: minute.output_tokens + added.output,
    tokens: minute.tokens + added.input + added.output,
  })
  if (place >= 0) return { ...course, items: course.items.map((each, index) => (index === place ? grown(each) : each)) }
  if (last && at < Date.parse(last.at)) return course
  const fresh = grown({ at: new Date(at).toISOString(), requests: 0, failures: 0, input_tokens: 0, output_tokens: 0, tokens: 0 })
  return { ...course, items: [...course.items.slice(1), fresh] }
}
