import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'

import { api } from '../../api/client'
import type { components } from '../../api/schema'
import { everyPage } from '../../parts/everyPage'
import { queries } from '../../queries'

export type Price = components['schemas']['PriceAnswer']
export type PriceBody = components['schemas']['PriceBody']

export const useModels = () => useQuery({ queryKey: ['models', 'all'], queryFn: ({ signal }) => everyPage((cursor) => api.get('/v2/models', { query: { limit: 500, cursor }, signal })), staleTime: 30_000 })

/** The setting `aliases`, with what file and environment say. */
export const useAliases = () => useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => api.get('/v2/settings', { signal }).then((answer) => answer.items), select: (items) => items.find((each) => each.name === 'aliases') })

export const useMaps = () => useQuery({ queryKey: ['providers', 'all'], queryFn: ({ signal }) => everyPage((cursor) => api.get('/v2/providers', { query: { limit: 500, cursor }, signal })) })

export function usePrices(wanted: Ref<boolean>) {
  return useQuery({
    queryKey: ['models', 'prices'],
    enabled: wanted,
    queryFn: async ({ signal }) => {
      let asOf = ''
      const items = await everyPage(async (cursor) => {
        const page = await api.get('/v2/models/prices', { query: { limit: 500, cursor }, signal })
        asOf = page.shipped_as_of
        return page
      })
      return { items, asOf }
    },
  })
}

/** Names, maps and prices hang together. */
export async function modelsChanged(): Promise<void> {
  await Promise.all(['models', 'settings', 'providers'].map((name) => queries.invalidateQueries({ queryKey: [name] })))
}

/** Writes aliases as they are now, changed by `edit`: the gateway takes them as a whole. */
export async function changeAliases(edit: (aliases: Record<string, string>) => Record<string, string>): Promise<void> {
  const { items } = await api.get('/v2/settings')
  const now = (items.find((each) => each.name === 'aliases')?.value ?? {}) as Record<string, string>
  await api.put('/v2/settings', { body: { aliases: edit({ ...now }) } })
  await modelsChanged()
}
