import { bearer, type Provider } from './provider.ts'

export const ollama: Provider = {
  id: 'ollama',
  name: 'Ollama',
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:11434/v1',
  keyFrom: [],
  auth: bearer,
  quirks: {
    stops: Number.POSITIVE_INFINITY,
    maxTokensField: 'max_tokens',
    noDeveloper: true,
    thoughtsIn: 'reasoning',
    fetches: [],
  },
  docs: 'https://docs.ollama.com/api/openai-compatibility',
}
