/** Figures for people, in the language that is chosen. Missing ones are a dash: they are unknown, not nought. */
import { language } from './i18n'

const DASH = '–'
const tag = (): string => (language() === 'zh' ? 'zh-CN' : 'en-GB')
type Maybe<T> = T | null | undefined

const made = new Map<string, Intl.NumberFormat>()
function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = tag() + JSON.stringify(options)
  const found = made.get(name) ?? new Intl.NumberFormat(tag(), options)
  made.set(name, found)
  return found
}

export const count = (value: Maybe<number>): string => (value == null ? DASH : numbers({}).format(value))
/** 2.8k, 3M: as everybody writes tokens, where English of Britain would write 3m. */
export const compact = (value: Maybe<number>): string =>
  value == null ? DASH : numbers({ notation: 'compact', maximumFractionDigits: 1 }).format(value).replace(/m$/, 'M').replace(/bn$/, 'B')
export const percent = (share: Maybe<number>): string => (share == null ? DASH : numbers({ style: 'percent', maximumFractionDigits: 1 }).format(share))
export function usd(value: Maybe<number>): string {
  if (value == null) return DASH
  const small = value !== 0 && Math.abs(value) < 0.01
  return numbers({ style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', maximumFractionDigits: small ? 6 : 2 }).format(value)
}
/** Where there is no room for fractions of a cent. */
export const usdRoughly = (value: Maybe<number>): string => (value != null && value > 0 && value < 0.01 ? `< ${usd(0.01)}` : usd(value))

export function bytes(value: Maybe<number>): string {
  if (value == null) return DASH
  const power = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), 4)
  return `${numbers({ maximumFractionDigits: power ? 1 : 0 }).format(value / 1024 ** power)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}

/** 850 ms, 2.4 s, 3 min 20 s, 5 h 3 min, 2 d 4 h. */
export function duration(ms: Maybe<number>): string {
  if (ms == null) return DASH
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${numbers({ maximumFractionDigits: ms < 10_000 ? 1 : 0 }).format(ms / 1000)} s`
  const s = Math.round(ms / 1000)
  const parts: [number, string][] = [[Math.floor(s / 86_400), 'd'], [Math.floor((s % 86_400) / 3600), 'h'], [Math.floor((s % 3600) / 60), 'min'], [s % 60, 's']]
  const first = parts.findIndex(([n]) => n > 0)
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(' ')
}

/** Milliseconds since 1970 of an RFC 3339 text. */
export const moment = (text: Maybe<string>): number | null => (text ? Date.parse(text) : null)

export function dateTime(text: Maybe<string>, style: 'short' | 'medium' = 'medium'): string {
  if (!text) return DASH
  return new Intl.DateTimeFormat(tag(), { dateStyle: style, timeStyle: style === 'short' ? 'short' : 'medium' }).format(new Date(text))
}

export function date(text: Maybe<string>): string {
  return text ? new Intl.DateTimeFormat(tag(), { dateStyle: 'medium' }).format(new Date(text)) : DASH
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]]

/** “3 minutes ago”, “in 2 hours”. */
export function relative(at: number, now: number): string {
  const s = Math.round((at - now) / 1000)
  const [unit, size] = STEPS.find(([, each]) => Math.abs(s) >= each) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(tag(), { numeric: 'auto' }).format(Math.trunc(s / size), unit)
}
