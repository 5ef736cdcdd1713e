/**
 * The key a request of the playground carries.
 *
 * One's own, when it was typed in: kept in this tab and no longer than it, and for nobody else who signs in there. Else one made for the playground, for administrators:
 * kept in memory, and made anew when it is nearly over. Else none, which an open gateway accepts.
 */
import { computed, ref } from 'vue'

import { api } from '../../api/client'
import { moment } from '../../format'
import { useSession } from '../../session'
import { isObject, parsed } from './parameters'

const KEPT = 'isthmus.playground.key'
const EARLY_MS = 60_000

const kept = ref<{ user: string; secret: string } | null>(remembered())
let made: { secret: string; until: number } | null = null

export function useKey() {
  const session = useSession()
  const own = computed(() => (kept.value && kept.value.user === session.me?.id ? kept.value.secret : ''))

  function keep(secret: string): void {
    kept.value = secret.trim() && session.me ? { user: session.me.id, secret: secret.trim() } : null
    if (kept.value) sessionStorage.setItem(KEPT, JSON.stringify(kept.value))
    else sessionStorage.removeItem(KEPT)
  }

  /** `refused`: the one given before was not accepted. */
  async function secret(refused = false): Promise<string | null> {
    if (own.value) return own.value
    if (!session.isAdmin) return null
    if (refused || !made || made.until < Date.now() + EARLY_MS) {
      const key = await api.post('/v2/me/playground-key')
      made = { secret: key.secret, until: moment(key.expires_at) ?? 0 }
    }
    return made.secret
  }

  /** Nothing of who was signed in stays. */
  function forget(): void {
    made = null
    keep('')
  }

  return { own, keep, secret, forget }
}

function remembered(): { user: string; secret: string } | null {
  const found = parsed(sessionStorage.getItem(KEPT) ?? '')
  return isObject(found) && typeof found.user === 'string' && typeof found.secret === 'string' ? { user: found.user, secret: found.secret } : null
}
