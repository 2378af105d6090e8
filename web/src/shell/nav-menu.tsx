import { Menu } from '@mantine/core'
import { Link, useRouterState } from '@tanstack/react-router'
import { ChevronDown } from 'lucide-react'
import styles from './shell.module.css'

export interface NavItem {
  to: string
  label: string
}

/** Several pages under one word of the top bar. The word is marked while one of them is shown. */
export function NavMenu({ label, items, within }: { label: string; items: readonly NavItem[]; within: readonly string[] }) {
  const place = useRouterState({ select: (state) => state.location.pathname })
  const current = within.some((path) => place === path || place.startsWith(`${path}/`))
  return (
    <Menu position="bottom-start" width={200}>
      <Menu.Target>
        <button type="button" className={styles.navMenu} data-current={current}>
          {label} <ChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(({ to, label: name }) => (
          <Menu.Item key={to} renderRoot={(props) => <Link to={to} {...props} />}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
