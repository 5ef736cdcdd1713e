/** Names of minutes, hours and days beside charts. Days are those of UTC, as the gateway cuts them. */
import { language } from '../../i18n'
import { DAY, type Span } from './range'

const write = (options: Intl.DateTimeFormatOptions) => (at: number): string => new Intl.DateTimeFormat(language() === 'zh' ? 'zh-CN' : 'en-GB', options).format(at)

const clock = write({ hour: '2-digit', minute: '2-digit' })
const dayAndClock = write({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const day = write({ day: 'numeric', month: 'short', timeZone: 'UTC' })

export const minuteName = clock
export const sinceName = ({ since, unit }: Span): string => (unit === 'day' ? day : dayAndClock)(since)
/** Short enough for an axis, and plain when the span is not longer than a day. */
export function unitName({ since, until, unit }: Span, now: number): (at: number) => string {
  if (unit === 'day') return day
  return (until ?? now) - since > DAY + DAY / 12 ? dayAndClock : clock
}

/** What a field for a local time wants, and what it gives. */
export function localTime(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
