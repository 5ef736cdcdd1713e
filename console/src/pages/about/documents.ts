/** What to read, as it lies in the repository. Titles are those of the documents. */
export const DOCUMENTS = [
  { path: 'README.md', subject: 'start' },
  { path: 'docs/configuration.md', subject: 'configuration' },
  { path: 'docs/accounts.md', subject: 'accounts' },
  { path: 'docs/administration.md', subject: 'administration' },
  { path: 'docs/admin-api.md', subject: 'api' },
  { path: 'docs/storage.md', subject: 'storage' },
  { path: 'docs/errors.md', subject: 'errors' },
  { path: 'docs/failures.md', subject: 'failures' },
  { path: 'docs/conformance.md', subject: 'conformance' },
  { path: 'docs/architecture.md', subject: 'architecture' },
] as const
