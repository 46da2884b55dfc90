import type { Config } from '../config/config.ts'
import { sha256 } from '../lib/hash.ts'
import type { Caller } from '../model/caller.ts'
import type { Keys } from '../ports/keys.ts'

/** The config's keys before the store's: each key has one owner, and these are the file's. */
export function withSeeds(config: Config, keys: Keys): Keys {
  const seeds = new Map(config.keys.map(key => [sha256(key.secret.reveal()), seedCaller(key)]))
  return { find: hash => seeds.get(hash) ?? keys.find(hash) }
}

const seedCaller = ({ name, team, models, rpm }: Config['keys'][number]): Caller => ({
  keyId: `config:${name}`,
  keyName: name,
  team,
  models,
  limits: rpm === undefined ? {} : { rpm },
})
