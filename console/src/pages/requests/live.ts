/**
 * The newest requests while one watches. There are never more than `WINDOW`; while one reads, new ones are held back.
 *
 * Whatever is held back beyond the window has gone by unseen: it is counted, as what the gateway left out is.
 */
import type { LogRow } from '../../api/types'

export const WINDOW = 500

export interface Watched {
  /** Newest first, as they ended. */
  shown: readonly LogRow[]
  held: readonly LogRow[]
  /** Requests that ended and were never shown. */
  missed: number
}

export const NOTHING: Watched = { shown: [], held: [], missed: 0 }

/** `arrived` in the order in which they ended. */
export function take(watched: Watched, arrived: readonly LogRow[], holding: boolean): Watched {
  const newest = [...arrived].reverse()
  if (!holding) return release({ ...watched, held: [...newest, ...watched.held] })
  const held = [...newest, ...watched.held]
  return { ...watched, held: held.slice(0, WINDOW), missed: watched.missed + Math.max(held.length - WINDOW, 0) }
}

export function release({ shown, held, missed }: Watched): Watched {
  return { shown: [...held, ...shown].slice(0, WINDOW), held: [], missed: missed + Math.max(held.length - WINDOW, 0) }
}

/** What was watched, and below it what the log had before; nothing twice. */
export function joined(shown: readonly LogRow[], stored: readonly LogRow[]): LogRow[] {
  if (shown.length >= WINDOW) return [...shown]
  const known = new Set(shown.map((row) => row.request_id))
  return [...shown, ...stored.filter((row) => !known.has(row.request_id))].slice(0, WINDOW)
}
