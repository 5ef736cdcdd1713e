/** One thing done to many accounts: some at a time, so that one sees how far it is and can stop. */
import { api } from '../../api/client'
import type { components } from '../../api/schema'

export type Action = components['schemas']['Action']
export type Done = components['schemas']['DoneAnswer']

/** How far it came. */
export interface Course {
  done: Done[]
  /** Those that it did not come to. */
  left: string[]
  /** What broke it off; null when it was stopped, or came to its end. */
  failure: unknown
}
export type Ask = (action: Action, ids: string[]) => Promise<Done[]>

const AT_A_TIME: Record<Action, number> = { enable: 100, disable: 100, delete: 100, 'clear-cooldown': 100, test: 8 }
const askGateway: Ask = (action, ids) => api.post('/v2/accounts/bulk', { body: { action, ids } }).then(({ items }) => items)

/** What was done stays done and is told, whether it is stopped or breaks. */
export async function doToAll(action: Action, ids: readonly string[], told: (done: number) => void, signal: AbortSignal, ask: Ask = askGateway): Promise<Course> {
  const done: Done[] = []
  let at = 0
  try {
    for (; at < ids.length && !signal.aborted; at += AT_A_TIME[action]) {
      done.push(...(await ask(action, ids.slice(at, at + AT_A_TIME[action]))))
      told(done.length)
    }
  } catch (failure) {
    return { done, left: ids.slice(at), failure }
  }
  return { done, left: ids.slice(at), failure: null }
}

/** Of a test, whether the account works; else whether it was done. */
export const wentWell = (each: Done): boolean => each.ok && each.probe?.ok !== false
