import { bearer, type Provider } from './provider.ts'

export const cohere: Provider = {
  id: 'cohere',
  name: 'Cohere',
  dialect: 'cohere-chat',
  baseUrl: 'https://api.cohere.com/v2',
  keyFrom: ['COHERE_API_KEY', 'CO_API_KEY'],
  auth: bearer,
  serves: ['command', 'embed-'],
  docs: 'https://docs.cohere.com/reference/chat',
}
