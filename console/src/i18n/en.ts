/** Texts of the shell and of what all pages share. */
export const en = {
  app: { name: 'Isthmus', tagline: 'One gateway for every model', skip: 'Skip to the content', missing: 'There is nothing here', missingText: 'No page of the console has this address.', home: 'To the dashboard', forbidden: 'Not for your role', forbiddenText: 'This page needs the role “{role}”. Ask an administrator.' },
  nav: {
    dashboard: 'Dashboard', playground: 'Playground', requests: 'Requests', accounts: 'Accounts', providers: 'Providers', models: 'Models', keys: 'API keys', users: 'Users', ips: 'Addresses', settings: 'Settings', conformance: 'Conformance', about: 'About', profile: 'Profile', welcome: 'Get started',
    watch: 'Watch', sources: 'Sources', access: 'Access', system: 'System', menu: 'Main menu', search: 'Search or jump to…', go: 'Go to', collapse: 'Fold the menu',
  },
  do: {
    add: 'Add', cancel: 'Cancel', clear: 'Clear', close: 'Close', copied: 'Copied', copy: 'Copy', create: 'Create', delete: 'Delete', disable: 'Disable', download: 'Download', edit: 'Edit', enable: 'Enable', export: 'Export', import: 'Import', more: 'More', open: 'Open', refresh: 'Refresh', remove: 'Remove', reset: 'Reset', retry: 'Try again', save: 'Save', search: 'Search', show: 'Show', hide: 'Hide', signOut: 'Sign out', signIn: 'Sign in', stop: 'Stop', test: 'Test', loadMore: 'Load more',
  },
  is: { loading: 'Loading…', saving: 'Saving…', done: 'Done', none: 'none', never: 'never', unknown: 'unknown', on: 'on', off: 'off', unlimited: 'unlimited', optional: 'optional', fromFile: 'from the configuration file', readOnly: 'You may look, but not change anything here.' },
  failed: { title: 'That did not work', unreachable: 'The gateway does not answer. Is it running?', wait: 'Try again in {seconds} s.', load: 'This could not be loaded', sessionLost: 'Your session has ended. Sign in again.' },
  confirm: { type: 'Type {word} to confirm' },
  theme: { title: 'Appearance', light: 'Light', dark: 'Dark', system: 'As the system' },
  language: 'Language',
  role: { admin: 'Administrator', viewer: 'Viewer', holder: 'Key holder' },
  figures: { requests: 'Requests', tokens: 'Tokens', cost: 'Cost', success: 'Success', input: 'Input', output: 'Output', failures: 'Failures', estimated: 'estimated', measured: 'measured' },
  range: { hour: 'Last hour', day: 'Last 24 hours', week: 'Last 7 days', month: 'Last 30 days' },
} as const
