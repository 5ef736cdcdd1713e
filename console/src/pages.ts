/** Every page behind the sign-in: its address, its place in the menu, and the least role that sees it. */
import type { Component } from 'vue'

import type { Role } from './api/types'

export interface Page {
  name: string
  path: string
  icon: string
  needs: Role
  group: 'watch' | 'sources' | 'access' | 'system' | null
  /** Pressed after `g`, leads here. */
  key?: string
  load: () => Promise<{ default: Component }>
}

export const PAGES: readonly Page[] = [
  { name: 'dashboard', path: '/', icon: 'i-lucide-layout-dashboard', needs: 'holder', group: 'watch', key: 'd', load: () => import('./pages/dashboard/DashboardPage.vue') },
  { name: 'requests', path: '/requests', icon: 'i-lucide-scroll-text', needs: 'holder', group: 'watch', key: 'r', load: () => import('./pages/requests/RequestsPage.vue') },
  { name: 'playground', path: '/playground', icon: 'i-lucide-message-square-code', needs: 'holder', group: 'watch', key: 'p', load: () => import('./pages/playground/PlaygroundPage.vue') },
  { name: 'accounts', path: '/accounts', icon: 'i-lucide-users-round', needs: 'viewer', group: 'sources', key: 'a', load: () => import('./pages/accounts/AccountsPage.vue') },
  { name: 'providers', path: '/providers', icon: 'i-lucide-plug', needs: 'viewer', group: 'sources', load: () => import('./pages/providers/ProvidersPage.vue') },
  { name: 'models', path: '/models', icon: 'i-lucide-boxes', needs: 'holder', group: 'sources', key: 'm', load: () => import('./pages/models/ModelsPage.vue') },
  { name: 'keys', path: '/keys', icon: 'i-lucide-key-round', needs: 'holder', group: 'access', key: 'k', load: () => import('./pages/keys/KeysPage.vue') },
  { name: 'users', path: '/users', icon: 'i-lucide-user-cog', needs: 'viewer', group: 'access', key: 'u', load: () => import('./pages/users/UsersPage.vue') },
  { name: 'ips', path: '/ips', icon: 'i-lucide-shield-ban', needs: 'viewer', group: 'access', load: () => import('./pages/ips/IpsPage.vue') },
  { name: 'settings', path: '/settings', icon: 'i-lucide-sliders-horizontal', needs: 'viewer', group: 'system', key: 's', load: () => import('./pages/settings/SettingsPage.vue') },
  { name: 'conformance', path: '/conformance', icon: 'i-lucide-list-checks', needs: 'viewer', group: 'system', load: () => import('./pages/conformance/ConformancePage.vue') },
  { name: 'about', path: '/about', icon: 'i-lucide-info', needs: 'viewer', group: 'system', load: () => import('./pages/about/AboutPage.vue') },
  { name: 'welcome', path: '/welcome', icon: 'i-lucide-rocket', needs: 'admin', group: null, load: () => import('./pages/welcome/WelcomePage.vue') },
  { name: 'profile', path: '/profile', icon: 'i-lucide-user-round', needs: 'holder', group: null, load: () => import('./pages/profile/ProfilePage.vue') },
]
