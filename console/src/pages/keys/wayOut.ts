/** What may help when a call failed, by what the gateway answered; a name of the texts. */
import type { AnswerFailure } from '../playground/talk'

export type Way = 'key' | 'forbidden' | 'model' | 'limit' | 'upstream' | 'source'

export function wayOut({ status, kind }: Pick<AnswerFailure, 'status' | 'kind'>): Way | null {
  if (kind === 'unreachable' || kind === 'cut') return null
  if (status === 401) return 'key'
  if (status === 403) return 'forbidden'
  if (status === 400 || status === 404) return 'model'
  if (status === 429) return 'limit'
  if (status === 503) return 'source'
  return status >= 500 || status === 0 ? 'upstream' : null
}
