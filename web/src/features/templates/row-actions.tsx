import { ActionIcon, Button, Menu } from '@mantine/core'
import type { Template } from '@ledgersync/shared/templates'
import { Link } from '@tanstack/react-router'
import { MoreHorizontal } from 'lucide-react'
import { paths } from '../../paths.ts'
import { useMe } from '../../session.ts'
import { newKey } from './addresses.ts'
import type { TemplateRow } from './rows.ts'
import { currentOf, type TemplateActions } from './use-template-actions.ts'
import { wayWords } from './words.ts'

interface RowActionsProps {
  row: TemplateRow
  items: readonly Template[]
  actions: TemplateActions
}

/** What can be done to a template without opening it. */
export function RowActions({ row, items, actions: { pick, archive, restore } }: RowActionsProps) {
  const { key, name, inUse, own } = row
  const isAdministrator = useMe().staff.role === 'administrator'
  const open = own === null ? 'View' : 'Edit'
  const what = `${name}, ${wayWords(row)}`
  if (!isAdministrator) return null
  if (own !== null && own.archivedAt !== null)
    return (
      <Button size="sm" aria-label={`Bring back ${what}`} onClick={() => restore.mutate(own)}>
        Bring back
      </Button>
    )
  const use = () => pick.mutate({ use: row, next: { id: own?.id ?? null, name }, before: currentOf(items, row) })
  return (
    <>
      {inUse ? (
        <Button
          size="sm"
          aria-label={`${open} ${what}`}
          renderRoot={(props) => <Link to={paths.template} params={{ templateId: key }} {...props} />}
        >
          {open}
        </Button>
      ) : (
        <Button size="sm" aria-label={`Use ${what}`} onClick={use}>
          Use
        </Button>
      )}
      <Menu width={200}>
        <Menu.Target>
          <ActionIcon size="sm" aria-label={`More about ${what}`}>
            <MoreHorizontal size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item renderRoot={(props) => <Link to={paths.template} params={{ templateId: key }} {...props} />}>{open}</Menu.Item>
          <Menu.Item renderRoot={(props) => <Link to={paths.template} params={{ templateId: newKey }} search={{ from: key }} {...props} />}>
            Duplicate
          </Menu.Item>
          {own !== null && !inUse && <Menu.Item onClick={() => archive.mutate(own)}>Archive</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
