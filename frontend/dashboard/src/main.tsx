import '@fleetdeck/react/styles.css';
import './fonts.css';
import './dashboard.css';
import './pages/alerts/alerts.css';
import './pages/metrics/metrics.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { basePath } from './base-path.ts';
import { applyPreferences, readPreferences } from './preferences.ts';
import { createConnection } from './connection.ts';

applyPreferences(readPreferences());

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element with id "root".');
createRoot(root).render(
  <StrictMode>
    <App connection={createConnection(basePath())} />
  </StrictMode>,
);
