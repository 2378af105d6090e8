import { Drawer } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Outlet, useNavigate, useRouterState, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { AddClient } from '../features/clients/add-client.tsx'
import { SearchDialog } from '../features/search/search-dialog.tsx'
import { searchOpened } from '../features/search/search-state.ts'
import { startLive } from '../live.ts'
import { paths } from '../paths.ts'
import { dropQuestion } from '../ui/confirm.tsx'
import { NavLinks } from './nav-links.tsx'
import { folded, toggleSidebar } from './layout-state.ts'
import { SecondFactorBanner } from './second-factor-banner.tsx'
import { ShortcutList } from './shortcut-list.tsx'
import { focusFilter, useShortcuts } from './shortcuts.ts'
import { Sidebar } from './sidebar.tsx'
import { TopBar } from './top-bar.tsx'
import { VerifyBanner } from './verify-banner.tsx'
import styles from './shell.module.css'

/** Everything around the signed-in pages: top bar, sidebar, banner, the Add Client drawer and the keys. */
export function Shell() {
  useEffect(startLive, [])
  const [keysShown, setKeysShown] = useState(false)
  const [menuShown, setMenuShown] = useState(false)
  const wide = useMediaQuery('(min-width: 900px)', true, { getInitialValueInEffect: false })
  const place = useRouterState({ select: (state) => state.location.pathname })
  // The review grid needs the width
  const rail = folded.use() || place === paths.review
  const { add } = useSearch({ from: '/app' })
  const navigate = useNavigate()
  const showAdd = useCallback(
    (shown: boolean) => void navigate({ to: '.', search: (before) => ({ ...before, add: shown ? ('client' as const) : undefined }) }),
    [navigate],
  )
  useShellKeys(showAdd, setKeysShown)
  const [shownAt, setShownAt] = useState(place)
  if (shownAt !== place) {
    setShownAt(place)
    setMenuShown(false)
    setKeysShown(false)
  }
  // What is open over a page does not stay over the next, as after Back
  useEffect(() => {
    searchOpened.set(false)
    dropQuestion()
  }, [place])
  return (
    <div className={styles.shell} data-rail={rail} data-alone={place === paths.outreach}>
      <a href="#content" className={styles.skip}>
        Skip to the content
      </a>
      <TopBar onAddClient={() => showAdd(true)} onKeys={() => setKeysShown(true)} onMenu={() => setMenuShown(true)} />
      {wide && <Sidebar rail={rail} />}
      <main id="content" className={styles.main}>
        <VerifyBanner />
        <SecondFactorBanner />
        <Outlet />
      </main>
      {!wide && (
        <Drawer
          opened={menuShown}
          onClose={() => setMenuShown(false)}
          title="Menu"
          size={320}
          closeButtonProps={{ 'aria-label': 'Close the menu' }}
        >
          <NavLinks tall />
          <Sidebar rail={false} inDrawer />
        </Drawer>
      )}
      <AddClient opened={add === 'client'} onClose={() => showAdd(false)} />
      <SearchDialog onAddClient={() => showAdd(true)} />
      <ShortcutList opened={keysShown} onClose={() => setKeysShown(false)} />
    </div>
  )
}

function useShellKeys(showAdd: (shown: boolean) => void, setKeysShown: (shown: boolean) => void) {
  const navigate = useNavigate()
  const keys = useMemo(
    () => ({
      single: { c: () => showAdd(true), '[': toggleSidebar, '/': focusFilter, '?': () => setKeysShown(true) },
      go: {
        d: () => void navigate({ to: paths.dashboard }),
        c: () => void navigate({ to: paths.clients }),
        b: () => void navigate({ to: paths.connections }),
        r: () => void navigate({ to: paths.review }),
        e: () => void navigate({ to: paths.rules }),
        s: () => void navigate({ to: paths.syncStatus }),
      },
    }),
    [navigate, showAdd, setKeysShown],
  )
  useShortcuts(keys)
}
