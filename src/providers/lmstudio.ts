import { bearer, type Provider } from './provider.ts'

export const lmstudio: Provider = {
  id: 'lmstudio',
  name: 'LM Studio',
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:1234/v1',
  keyFrom: [],
  auth: bearer,
  quirks: { maxTokensField: 'max_tokens', noDeveloper: true, fetches: [] },
  docs: 'https://lmstudio.ai/docs/developer/openai-compat',
}
