import { bearer, type Provider } from './provider.ts'

export const mistral: Provider = {
  id: 'mistral',
  name: 'Mistral AI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.mistral.ai/v1',
  keyFrom: ['MISTRAL_API_KEY'],
  auth: bearer,
  serves: ['mistral-', 'ministral-', 'magistral-', 'codestral-', 'devstral-', 'pixtral-', 'voxtral-', 'open-mi'],
  quirks: { streamUsage: 'never' },
  docs: 'https://docs.mistral.ai/api',
}
