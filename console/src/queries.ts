import { QueryClient } from '@tanstack/vue-query'

import { Failure } from './api/failure'

/** Server data of all pages. What the gateway refuses is not asked again; what did not arrive is, once. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 1 && error instanceof Failure && error.status === 0,
    },
  },
})
