import type { Secret } from '../lib/secret.ts'
import { isObject, type JsonObject } from '../model/json.ts'
import { certificateComplaints } from './certificate.ts'
import { type Config, toConfig } from './config.ts'
import { readSource, type Source } from './document.ts'
import { expectation, explain } from './explain.ts'
import { notYet } from './not-yet.ts'
import { type Complaint, ConfigError, type Problem, pathText } from './problem.ts'
import { breaches, type Known } from './rules.ts'
import { language } from './schema.ts'
import { resolveSecrets, type SecretWorld } from './secrets.ts'

/** What a text is read against. A test hands in its own. */
export type World = SecretWorld & { readonly known: Known }

/** Reads the text of a configuration. `file` is its name in the problems. Throws a ConfigError that lists them all. */
export function parseConfig(text: string, file: string, world: World): Config {
  const source = readSource(text)
  const value = withAdminToken(source.value ?? {}, world.env)
  const secrets = resolveSecrets(value, world)
  const parsed = language().safeParse(value, { error: expectation })
  const complaints = [
    ...explain(parsed.error?.issues ?? [], value),
    ...notYet(value),
    ...secrets.complaints,
    ...breaches(value, world.known, secrets.found),
    ...certificateComplaints(value, world),
  ]
  const problems = [
    ...source.misspellings.map(misspelling => ({ file, path: '', ...misspelling })),
    ...complaints.map(complaint => placed(complaint, file, source)),
  ]
  if (problems.length > 0 || parsed.data === undefined) throw new ConfigError(problems)
  return toConfig(parsed.data, { folder: world.folder, secret: reference => among(secrets.found, reference) })
}

/** The admin token's usual variable stands in for a token that the file does not name. */
function withAdminToken(value: JsonObject, env: World['env']): JsonObject {
  const admin = value.admin ?? {}
  if (!env.THALAMUS_ADMIN_TOKEN || !isObject(admin) || 'token' in admin) return value
  return { ...value, admin: { ...admin, token: 'env:THALAMUS_ADMIN_TOKEN' } }
}

const placed = (complaint: Complaint, file: string, source: Source): Problem => ({
  file,
  ...source.place(complaint),
  path: pathText(complaint.path),
  message: complaint.message,
})

function among(found: ReadonlyMap<string, Secret>, reference: string): Secret {
  const secret = found.get(reference)
  // A reference that leads nowhere is a problem, and with a problem we do not come here.
  if (secret === undefined) throw new Error('A secret place of the language is missing in secrets.ts.')
  return secret
}
