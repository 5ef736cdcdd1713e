/** When a sign-in that waits is to be asked about again. */
import type { components } from '../../api/schema'

export type Login = components['schemas']['LoginAnswer']

const LEAST_MS = 500

/** Milliseconds until the next poll is of use. The clock here may be wrong: no longer than the interval, and never at once. */
export function waitMs(login: Pick<Login, 'next_poll_at' | 'interval_s'>, now: number): number {
  const told = Date.parse(login.next_poll_at) - now
  return Math.max(LEAST_MS, Math.min(told, login.interval_s * 1000 + LEAST_MS))
}

/** A page that may be opened: what a service says is no script. */
export const openable = (url: string): string | undefined => (/^https?:\/\//i.test(url) ? url : undefined)
