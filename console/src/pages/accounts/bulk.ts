/** One thing done to many accounts: some at a time, so that one sees how far it is and can stop. */
import { api } from '../../api/client'
import type { components } from '../../api/schema'

export type Action = components['schemas']['Action']
export type Done = components['schemas']['DoneAnswer']

const AT_A_TIME: Record<Action, number> = { enable: 100, disable: 100, delete: 100, 'clear-cooldown': 100, test: 8 }

export async function doToAll(action: Action, ids: readonly string[], told: (done: number) => void, signal: AbortSignal): Promise<Done[]> {
  const done: Done[] = []
  for (let at = 0; at < ids.length && !signal.aborted; at += AT_A_TIME[action]) {
    const { items } = await api.post('/v2/accounts/bulk', { body: { action, ids: ids.slice(at, at + AT_A_TIME[action]) } })
    done.push(...items)
    told(done.length)
  }
  return done
}

/** Of a test, whether the account works; else whether it was done. */
export const wentWell = (each: Done): boolean => each.ok && each.probe?.ok !== false
