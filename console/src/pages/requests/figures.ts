/** Figures of one row, for people. */
import type { LogRow } from '../../api/types'
import { count } from '../../format'
import { language } from '../../i18n'

/** A tilde stands before what was estimated. */
export const tokens = (value: number | null, estimated: boolean): string => `${estimated && value !== null ? '~' : ''}${count(value)}`
export const inputOf = (row: LogRow): string => tokens(row.input_tokens, row.input_estimated)
export const outputOf = (row: LogRow): string => tokens(row.output_tokens, row.output_estimated)

const tag = (): string => (language() === 'zh' ? 'zh-CN' : 'en-GB')
/** 12:03:04.123 */
export const clock = (at: string, fraction = false): string => new Intl.DateTimeFormat(tag(), { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, ...(fraction && { fractionalSecondDigits: 3 }) }).format(new Date(at))
/** 22 Nov, and the year where it is another. */
export function day(at: string, now: number): string {
  const then = new Date(at)
  const year = then.getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' as const }
  return new Intl.DateTimeFormat(tag(), { day: 'numeric', month: 'short', ...year }).format(then)
}
