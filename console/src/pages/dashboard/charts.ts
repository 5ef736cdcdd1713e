/** What a chart shows, before anybody draws it: the same data is drawn, put into words, and listed as a table. */
import type { Answer } from '../../api/client'
import { read, type Course, type Figures, type Report } from './figures'
import { everyUnit, type Span } from './range'

export type Tone = 'good' | 'bad' | 'left' | 'input' | 'output' | 'p50' | 'p90' | 'p99'
export interface Line {
  /** A text of the page. */
  name: string
  tone: Tone
  values: (number | null)[]
}
export interface Drawing {
  /** Stacked bars or lines over the time; or rows, one for each thing that has a name. */
  kind: 'bars' | 'lines' | 'rows'
  labels: string[]
  lines: Line[]
  /** Where it begins, when nothing is known of the time before and that is not drawn. */
  since?: string
  /** What the values are: so many, or so many milliseconds. */
  measure: 'count' | 'time'
}
/** How a moment is called beside the chart. */
export type Naming = (at: number) => string
type Minute = Answer<'/v2/stats/minutes', 'get'>['items'][number]
type Latency = 'duration_ms' | 'first_token_ms'

const PERCENTILES = ['p50', 'p90', 'p99'] as const
/** As many rows as one reads at a glance. */
const MODELS = 6
/** Fewer hours or minutes would look like a time of their own. */
const FEWEST = 12

function units(report: Report, span: Span, now: number, naming: Naming): { labels: string[]; figures: (Figures | undefined)[] } {
  const known = new Map(report.groups.map((each) => [Date.parse(each.at ?? ''), each.figures]))
  const all = everyUnit(span, now, known)
  return { labels: all.map((each) => naming(each.at)), figures: all.map((each) => each.value) }
}

const bars = (labels: string[], lines: Line[]): Drawing => ({ kind: 'bars', labels, lines, measure: 'count' })
const line = <T>(name: string, tone: Tone, of: readonly T[], value: (each: T) => number): Line => ({ name, tone, values: of.map(value) })

export function requestsByMinute({ items }: Course, naming: Naming): Drawing {
  return bars(items.map((each) => naming(Date.parse(each.at))), [
    line<Minute>('dashboard.fine', 'good', items, (each) => each.requests - each.failures),
    line<Minute>('dashboard.failed', 'bad', items, (each) => each.failures),
  ])
}

export function tokensByMinute({ items }: Course, naming: Naming): Drawing {
  return bars(items.map((each) => naming(Date.parse(each.at))), [
    line<Minute>('figures.input', 'input', items, (each) => each.input_tokens),
    line<Minute>('figures.output', 'output', items, (each) => each.output_tokens),
  ])
}

export function requestsByUnit(report: Report, span: Span, now: number, naming: Naming): Drawing {
  const { labels, figures } = units(report, span, now, naming)
  return bars(labels, [
    line('dashboard.succeeded', 'good', figures, (each) => each?.succeeded ?? 0),
    line('dashboard.failed', 'bad', figures, (each) => each?.failed ?? 0),
    line('dashboard.left', 'left', figures, (each) => each?.client_left ?? 0),
  ])
}

export function tokensByUnit(report: Report, span: Span, now: number, naming: Naming): Drawing {
  const { labels, figures } = units(report, span, now, naming)
  return bars(labels, [line('figures.input', 'input', figures, (each) => (each ? read(each) : 0)), line('figures.output', 'output', figures, (each) => each?.output_tokens ?? 0)])
}

/** A line for each percentile. */
export function latencies(report: Report, span: Span, now: number, naming: Naming, of: Latency): Drawing {
  const { labels, figures } = units(report, span, now, naming)
  return { kind: 'lines', labels, lines: percentiles(figures.map((each) => each?.[of])), measure: 'time' }
}

/** A row for each model, those with the most requests first. Of few there are bars that one can compare. */
export function latenciesOfModels(groups: Report['groups'], of: Latency, without: string): Drawing {
  const timed = groups.filter((each) => each.figures[of].p50 !== null).sort((one, other) => other.figures.requests - one.figures.requests).slice(0, MODELS)
  return { kind: 'rows', labels: timed.map((each) => each.name ?? without), lines: percentiles(timed.map((each) => each.figures[of])), measure: 'time' }
}

function percentiles(of: readonly (Figures['duration_ms'] | undefined)[]): Line[] {
  return PERCENTILES.map((each) => ({ name: `dashboard.${each}`, tone: each, values: of.map((one) => one?.[each] ?? null) }))
}

/** How many points a line would have. */
export const points = ({ lines }: Drawing): number => Math.max(0, ...lines.map((each) => each.values.filter((value) => value !== null).length))

/** The drawing without the beginning of which nothing is known, where that would be most of it. */
export function begun(drawing: Drawing): Drawing {
  const { labels, lines } = drawing
  const first = labels.findIndex((_, index) => lines.some((each) => each.values[index]))
  const from = Math.min(first - 1, labels.length - FEWEST)
  if (from < labels.length / 2) return drawing
  return { ...drawing, labels: labels.slice(from), lines: lines.map((each) => ({ ...each, values: each.values.slice(from) })), since: labels[from] ?? '' }
}

const STEPS_MS = [10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 12e5, 18e5, 36e5] as const
/** Between the marks of an axis of times: seconds and minutes are not counted in tens. */
export function timeStep(longest: number): number {
  return STEPS_MS.find((each) => longest / each <= 4) ?? 72e5
}

/** Where the most is, over all lines together; null when there is nothing. */
export function peak({ kind, labels, lines }: Drawing): { label: string; value: number } | null {
  const over = labels.map((_, index) => {
    const values = lines.map((each) => each.values[index] ?? 0)
    return kind === 'bars' ? values.reduce((sum, each) => sum + each, 0) : Math.max(...values)
  })
  const value = Math.max(0, ...over)
  return value ? { label: labels[over.indexOf(value)] ?? '', value } : null
}
