import { useQuery } from '@tanstack/vue-query'

import { api, type Answer } from '../../api/client'
import { everyPage } from '../../parts/everyPage'
import { queries } from '../../queries'

export type Session = Answer<'/v2/me/sessions', 'get'>['items'][number]
export type Token = Answer<'/v2/me/tokens', 'get'>['items'][number]
export type MadeToken = Answer<'/v2/me/tokens', 'post'>

export function useSessions() {
  return useQuery({ queryKey: ['me', 'sessions'], queryFn: ({ signal }) => api.get('/v2/me/sessions', { signal }).then((page) => page.items) })
}

export function useTokens() {
  return useQuery({ queryKey: ['me', 'tokens'], queryFn: ({ signal }) => everyPage((cursor) => api.get('/v2/me/tokens', { query: { limit: 500, cursor }, signal })) })
}

export const mineChanged = (): Promise<void> => queries.invalidateQueries({ queryKey: ['me'] })
