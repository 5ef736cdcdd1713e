import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api, onSessionLost } from './api/client'
import { Failure } from './api/failure'
import type { Me, Role } from './api/types'
import { queries } from './queries'

const RANK: Record<Role, number> = { holder: 1, viewer: 2, admin: 3 }

/** Who is signed in. Undefined until it was asked for the first time, null when nobody is. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>()
  const lost = ref(false)
  /** Why nobody could say who is signed in. */
  const trouble = ref<unknown>(null)

  onSessionLost(() => {
    lost.value = me.value != null
    me.value = null
  })

  /** Asks the gateway once; a cookie that scripts cannot read tells it. */
  async function look(): Promise<Me | null> {
    if (me.value === undefined) {
      me.value = await api.get('/v2/me').catch((error: unknown) => {
        if (error instanceof Failure && (error.status === 401 || error.status === 403)) return null
        throw error
      })
    }
    return me.value ?? null
  }

  async function signIn(name: string, password: string): Promise<void> {
    enter(await api.post('/v2/sign-in', { body: { name, password } }))
  }

  async function setUp(token: string, name: string, password: string): Promise<void> {
    enter(await api.post('/v2/setup', { body: { token, name, password } }))
  }

  function enter(who: Me): void {
    queries.clear()
    lost.value = false
    me.value = who
  }

  async function signOut(): Promise<void> {
    await api.post('/v2/sign-out').catch(() => undefined)
    me.value = null
    queries.clear()
  }

  const may = (role: Role): boolean => me.value != null && RANK[me.value.role] >= RANK[role]
  const isAdmin = computed(() => may('admin'))

  return { me, lost, trouble, look, signIn, setUp, signOut, may, isAdmin }
})
