import { type CallIds, callIds } from '../call-ids.ts'

/** Ids of calls as Bedrock takes them: up to 64 letters, digits, dots, colons, dashes and underscores. */
export const bedrockCallIds = (): CallIds =>
  callIds((id, n) => {
    const plain = id.replaceAll(/[^\w.:-]/g, '_').slice(0, 64) || 'call'
    return n === 1 ? plain : `${plain.slice(0, 56)}_${n}`
  })
