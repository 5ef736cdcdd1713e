/** What adding a source takes: perhaps a provider, an account, and a test of it. Done again after a failure, it goes on where it was. */
import { api } from '../../api/client'
import type { components } from '../../api/schema'
import { freeName, type Source } from './sources'

export type Trial = components['schemas']['TrialAnswer']

export interface Given {
  kind: string
  credential: Readonly<Record<string, string>>
  /** Empty: that of the vendor. */
  address: string
}

export interface Added {
  provider: string
  /** Whether the provider was made here, and so goes when it is taken back. */
  made: boolean
  address: string
  account: string | null
}

/** The provider of the source: the one that is there, unless another address is wanted. */
export async function provide(source: Source, there: string | null, address: string, taken: readonly string[]): Promise<Added> {
  if (there !== null && !address) return { provider: there, made: false, address, account: null }
  const settings = { ...(source.vendor && { vendor: source.vendor }), ...(address && { base_url: address }) }
  const made = await api.post('/v2/providers', { body: { name: freeName(source.name, taken), type: source.type, enabled: true, settings } })
  return { provider: made.name, made: true, address, account: null }
}

/** The account, made or given the new credential. */
export async function admit(added: Added, { kind, credential }: Given): Promise<Added> {
  if (added.account !== null) {
    await api.patch('/v2/accounts/{id}', { path: { id: added.account }, body: { credential: { ...credential } } })
    await api.post('/v2/accounts/{id}/clear-cooldown', { path: { id: added.account } })
    return added
  }
  const account = await api.post('/v2/accounts', { body: { provider: added.provider, kind, credential: { ...credential }, details: {}, enabled: true, priority: 0, weight: 1 } })
  return { ...added, account: account.id }
}

export const tried = (account: string): Promise<Trial> => api.post('/v2/accounts/{id}/test', { path: { id: account } })

/** Takes back what was added. */
export async function withdraw({ provider, made, account }: Added): Promise<void> {
  if (made) await api.delete('/v2/providers/{name}', { path: { name: provider }, query: { with_accounts: true } })
  else if (account !== null) await api.delete('/v2/accounts/{id}', { path: { id: account } })
}
