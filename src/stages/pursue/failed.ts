import { Fault, type FaultOptions } from '../../model/fault.ts'
import { type Kind, kindOf } from '../../policy/verdict.ts'

/** A try's failure: the fault that its caller would be told, and what kind of failure it was. */
export class Failed extends Fault {
  readonly kind: Kind

  constructor(fault: Fault, kind: Kind) {
    super(fault.code, fault, optionsOf(fault))
    this.kind = kind
  }
}

const optionsOf = ({ status, retryAfterMs, param, said, headers, cause }: Fault): FaultOptions => ({
  status,
  retryAfterMs,
  param,
  said,
  headers,
  cause,
})

/** A fault that a provider told inside a reply with status 200, with the status that it should have had. */
export const failedInside = (fault: Fault, provider: string): Failed =>
  fault instanceof Failed
    ? fault
    : failedWith(fault, provider, { status: fault.status, words: `${fault.message} ${fault.said?.body ?? ''}` })

/**
 * A refusal, by what it says. Where the key that we hold there is at fault the caller is told so, and no more: it has
 * another key, ours, and that one is right.
 */
export function failedWith(fault: Fault, provider: string, refused: Parameters<typeof kindOf>[0]): Failed {
  const kind = kindOf(refused)
  const trouble = keyTrouble[kind]
  if (trouble === undefined) return new Failed(fault, kind)
  const told = new Fault(
    'upstream_failed',
    `${provider} ${trouble} (${refused.status}). Its operator has to see to it.`,
    {
      cause: fault,
    },
  )
  return new Failed(told, kind)
}

const keyTrouble: Readonly<Partial<Record<Kind, string>>> = {
  key_refused: 'refused the key that is configured for it here',
  key_spent: 'has no credit left for the key that is configured for it here',
  forbidden: 'does not let the key that is configured for it here do this',
}
