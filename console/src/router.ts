import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

import { t } from './i18n'
import { PAGES } from './pages'
import { useSession } from './session'
import AppShell from './shell/AppShell.vue'
import type { Role } from './api/types'

declare module 'vue-router' {
  interface RouteMeta {
    /** The least role that may open it; missing where nobody need be signed in. */
    needs?: Role
    title?: string
  }
}

const pages: RouteRecordRaw[] = PAGES.map(({ name, path, needs, load }) => ({ name, path: path.replace(/^\//, ''), component: load, meta: { needs, title: `nav.${name}` } }))

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { name: 'sign-in', path: '/sign-in', component: () => import('./pages/sign-in/SignInPage.vue'), meta: { title: 'do.signIn' } },
    { name: 'setup', path: '/setup', component: () => import('./pages/setup/SetupPage.vue'), meta: { title: 'nav.welcome' } },
    { path: '/', component: AppShell, children: [...pages, { name: 'missing', path: ':rest(.*)*', component: () => import('./shell/MissingPage.vue'), meta: { needs: 'holder', title: 'app.missing' } }] },
  ],
  scrollBehavior: (to, from, kept) => kept ?? (to.path === from.path ? undefined : { top: 0 }),
})

router.beforeEach(async (to) => {
  if (!to.meta.needs) return true
  const session = useSession()
  try {
    if (await session.look()) return true
  } catch (error) {
    session.trouble = error
    return true
  }
  return { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
})

router.afterEach((to) => {
  document.title = to.meta.title ? `${t(to.meta.title)} · Isthmus` : 'Isthmus'
})

// After an upgrade of the gateway, a page that was open asks for files that are gone: the new ones come with the page itself.
router.onError((error: unknown, to) => {
  if (error instanceof TypeError && /import|fetch/i.test(error.message) && history.state?.reloaded !== to.fullPath) {
    history.replaceState({ ...history.state, reloaded: to.fullPath }, '')
    location.assign(router.resolve(to).href)
  }
})
