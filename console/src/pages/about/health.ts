/** Is all well? What /v2/about tells, judged; and where one can do something about it. */
import type { components } from '../../api/schema'

export type About = components['schemas']['AboutAnswer']
export interface Worry {
  what: 'database' | 'schema' | 'logFailing' | 'logDropped' | 'logFull' | 'notInForce' | 'open' | 'died'
  grave: boolean
  /** Figures and names for the text. */
  with: Record<string, string | number>
}

const NEARLY_FULL = 0.5

export function worriesOf(about: About): Worry[] {
  const { database, log_queue: queue, listening } = about
  const found: (Worry | false)[] = [
    database.problem !== null && { what: 'database', grave: true, with: { problem: database.problem } },
    database.schema_revision !== database.newest_revision && { what: 'schema', grave: true, with: { now: database.schema_revision, newest: database.newest_revision } },
    queue.failing !== null && { what: 'logFailing', grave: true, with: { problem: queue.failing } },
    queue.dropped > 0 && { what: 'logDropped', grave: false, with: { count: queue.dropped } },
    queue.failing === null && queue.queued > queue.capacity * NEARLY_FULL && { what: 'logFull', grave: false, with: { queued: queue.queued, capacity: queue.capacity } },
    ...about.not_in_force.map(({ name, problem }): Worry => ({ what: 'notInForce', grave: true, with: { name, problem } })),
    !listening.key_required && !isLoopback(listening.host) && { what: 'open', grave: true, with: { host: listening.host } },
    ...about.processes.filter((each) => each.died > 0).map(({ provider, died }): Worry => ({ what: 'died', grave: false, with: { provider, count: died } })),
  ]
  return found.filter((each) => each !== false)
}

/** Whether only programs of the same machine reach it. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare)
}

/** Whether a migration that this program knows has been applied: revisions are ordered. */
export const isApplied = (revision: string, schema: string): boolean => revision <= schema
