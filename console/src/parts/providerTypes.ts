import { useQuery } from '@tanstack/vue-query'

import { api } from '../api/client'
import type { components } from '../api/schema'

export type ProviderType = components['schemas']['ProviderTypeView']
export type AccountKind = components['schemas']['AccountKindView']
/** A member of an account's `credential` or `details`, named `credential.api_key`. */
export type AccountField = components['schemas']['AccountFieldView']

/** What kinds of providers and accounts this gateway can serve; the same as long as it runs. */
export function useProviderTypes() {
  return useQuery({
    queryKey: ['provider-types'],
    queryFn: ({ signal }) => api.get('/v2/provider-types', { signal }).then((answer) => answer.items),
    staleTime: Infinity,
  })
}
