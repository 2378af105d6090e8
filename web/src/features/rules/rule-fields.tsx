import { ActionIcon, Button, Select, SegmentedControl, TextInput } from '@mantine/core'
import { connections } from '@ledgersync/shared/connections'
import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { query } from '../../query.ts'
import { CodingSelect } from '../books/coding-select.tsx'
import { useCodingOptions } from '../books/options.ts'
import { amountOperators, type Draft, type DraftCondition, fields, newCondition, operatorOf, textOperators } from './draft.ts'
import styles from './rules.module.css'

interface RuleFieldsProps {
  clientId: string
  draft: Draft
  errors: Record<string, string>
  names: { category: string | null; vendor: string | null }
  onChange: (changes: Partial<Draft>) => void
}

/** The sentence a rule is: when money goes out and all of these hold, set that. */
export function RuleFields({ clientId, draft, errors, names, onChange }: RuleFieldsProps) {
  const options = useCodingOptions(clientId)
  const { conditions } = draft
  const change = (key: number, changes: Partial<DraftCondition>) =>
    onChange({ conditions: conditions.map((each) => (each.key === key ? { ...each, ...changes } : each)) })
  return (
    <div className={styles.fields}>
      <TextInput
        label="Rule name"
        name="name"
        value={draft.name}
        error={errors.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        maxLength={120}
      />
      <div className={styles.line}>
        <span className={styles.word}>When</span>
        <Select
          aria-label="Money in or out"
          data={[
            { value: 'out', label: 'Money out' },
            { value: 'in', label: 'Money in' },
            { value: 'both', label: 'Money in or out' },
          ]}
          value={draft.direction}
          allowDeselect={false}
          onChange={(direction) => direction !== null && onChange({ direction: direction })}
          w={160}
        />
        <span>and</span>
        <SegmentedControl
          aria-label="All or any"
          data={[
            { value: 'all', label: 'all' },
            { value: 'any', label: 'any' },
          ]}
          value={draft.match}
          onChange={(match) => onChange({ match: match })}
        />
        <span>of these {draft.match === 'all' ? 'are true' : 'is true'}</span>
      </div>
      {conditions.map((condition, index) => (
        <ConditionRow
          key={condition.key}
          clientId={clientId}
          condition={condition}
          error={errors[`conditions.${index}`]}
          onChange={(changes) => change(condition.key, changes)}
          {...(conditions.length > 1 && {
            onRemove: () => onChange({ conditions: conditions.filter((each) => each.key !== condition.key) }),
          })}
        />
      ))}
      <div className={styles.line}>
        <span className={styles.word} />
        <Button
          variant="subtle"
          size="sm"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => onChange({ conditions: [...conditions, newCondition()] })}
        >
          Add condition
        </Button>
      </div>
      <div className={styles.set}>
        <CodingSelect
          label="Category"
          placeholder="Leave open"
          options={options.categories}
          value={draft.category}
          valueName={names.category}
          onChange={(category) => onChange({ category })}
          error={errors.actions}
        />
        <CodingSelect
          label="Vendor"
          placeholder="Leave open"
          options={options.vendors}
          value={draft.vendor}
          valueName={names.vendor}
          onChange={(vendor) => onChange({ vendor })}
        />
        <TextInput
          label="Memo"
          placeholder="Leave open"
          value={draft.memo}
          maxLength={200}
          onChange={(event) => onChange({ memo: event.currentTarget.value })}
        />
      </div>
    </div>
  )
}

interface ConditionRowProps {
  clientId: string
  condition: DraftCondition
  error: string | undefined
  onChange: (changes: Partial<DraftCondition>) => void
  onRemove?: () => void
}

function ConditionRow({ clientId, condition, error, onChange, onRemove }: ConditionRowProps) {
  const { field, operator, value } = condition
  return (
    <div className={styles.line}>
      <span className={styles.word} />
      <Select
        aria-label="Field"
        data={fields}
        value={field}
        allowDeselect={false}
        onChange={(next) => next !== null && onChange({ field: next, operator: operatorOf(next), value: '' })}
        w={150}
      />
      {field !== 'bank_account' && (
        <Select
          aria-label="Operator"
          data={field === 'amount' ? amountOperators : textOperators}
          value={operator}
          allowDeselect={false}
          onChange={(next) => next !== null && onChange({ operator: next })}
          w={150}
        />
      )}
      <div className={styles.value}>
        {field === 'bank_account' ? (
          <AccountSelect clientId={clientId} value={value} error={error} onChange={(next) => onChange({ value: next })} />
        ) : (
          <TextInput
            aria-label={field === 'amount' ? 'Amount' : 'Text to compare with'}
            value={value}
            error={error}
            maxLength={200}
            placeholder={field === 'amount' ? '120.50' : 'PETRO NORTH'}
            onChange={(event) => onChange({ value: event.currentTarget.value })}
          />
        )}
      </div>
      {onRemove && (
        <ActionIcon aria-label="Remove this condition" onClick={onRemove}>
          <X size={16} aria-hidden />
        </ActionIcon>
      )}
    </div>
  )
}

function AccountSelect({
  clientId,
  value,
  error,
  onChange,
}: {
  clientId: string
  value: string
  error: string | undefined
  onChange: (value: string) => void
}) {
  const found = useQuery(query(connections.listOfClient, { params: { clientId } }))
  const data = (found.data?.items ?? []).flatMap((connection) =>
    connection.accounts.map(({ id, name, mask }) => ({ value: id, label: mask === null ? name : `${name} ••${mask}` })),
  )
  return (
    <Select
      aria-label="Bank account"
      data={data}
      value={value === '' ? null : value}
      error={error}
      placeholder="Choose an account"
      onChange={(next) => onChange(next ?? '')}
    />
  )
}
