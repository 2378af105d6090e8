import { CustomUserError, numberOrNull, objectOrEmpty, textOrNull } from './custom-fields.ts'
import type { MfaRound } from './types.ts'

/** The Sandbox's code for a device. */
const deviceCode = '1234'

const deviceRound: MfaRound = {
  type: 'device',
  prompts: [{ label: 'We sent a code to your phone ending in 0123. Enter it here.', choices: [], answer: deviceCode }],
}

function rounds(count: number, make: (round: number) => MfaRound): MfaRound[] {
  return Array.from({ length: Math.min(Math.max(count, 1), 10) }, (_, round) => make(round))
}

function questionRounds(count: number, each: number): MfaRound[] {
  return rounds(count, (round) => ({
    type: 'questions',
    prompts: Array.from({ length: Math.min(Math.max(each, 1), 10) }, (_, at) => ({
      label: `Security question ${round + 1}-${at + 1}?`,
      choices: [],
      answer: `answer_${round}_${at}`,
    })),
  }))
}

function selectionRounds(count: number, each: number, choices: number): MfaRound[] {
  return rounds(count, (round) => ({
    type: 'selections',
    prompts: Array.from({ length: Math.min(Math.max(each, 1), 10) }, (_, at) => {
      const options = Array.from(
        { length: Math.min(Math.max(choices, 1), 10) },
        (__, choice) => `option ${round + 1}-${at + 1}-${choice + 1}`,
      )
      return { label: `Which one is yours (${round + 1}-${at + 1})?`, choices: options, answer: options[0] ?? '' }
    }),
  }))
}

/** The rounds of a custom user's `mfa`: device answers 1234, questions `answer_<round>_<question>`, selections the first choice. */
export function readMfa(value: unknown): MfaRound[] {
  const mfa = objectOrEmpty(value, 'mfa')
  const type = textOrNull(mfa.type, 'mfa.type')
  const number = (name: string, otherwise: number): number => numberOrNull(mfa[name], `mfa.${name}`) ?? otherwise
  if (type === null) return []
  if (type === 'device') return [deviceRound]
  if (type === 'questions') return questionRounds(number('question_rounds', 1), number('questions_per_round', 1))
  if (type === 'selections')
    return selectionRounds(number('selection_rounds', 1), number('questions_per_round', 2), number('selections_per_question', 2))
  throw new CustomUserError(`mfa.type: "${type}" is none of device, questions, selections`)
}

/** The rounds a Sandbox password of the `mfa_…` family asks for; undefined for any other password. */
export function mfaOfPassword(password: string): MfaRound[] | undefined {
  if (password === 'mfa_device') return [deviceRound]
  const questions = /^mfa_questions_(\d)_(\d)$/.exec(password)
  if (questions) return questionRounds(Number(questions[1]), Number(questions[2]))
  return password === 'mfa_selections' ? selectionRounds(1, 2, 3) : undefined
}
