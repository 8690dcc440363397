import { useId, type ReactNode } from 'react';
import { SIGHT_MATRICES } from '../frontend/react/src/testing/colour.ts';

/** The story as somebody sees it who lacks one kind of cone; with `all`, under each of the three. */
export function ColourVision({ sight, children }: { sight: string; children: ReactNode }) {
  const id = useId();
  const sights = Object.entries(SIGHT_MATRICES).filter(([name]) => sight === 'all' || sight === name);
  return sights.map(([name, matrix]) => (
    <section key={name}>
      {/* Filters compute in linear RGB unless told otherwise, as the matrices are meant. */}
      <svg width="0" height="0" style={{ position: 'absolute' }} aria-hidden="true">
        <filter id={id + name}>
          <feColorMatrix
            values={[...matrix.map((row) => [...row, 0, 0]), [0, 0, 0, 1, 0]].flat().join(' ')}
          />
        </filter>
      </svg>
      <p style={{ margin: '12px 0 4px' }}>{name}</p>
      {/* To look at: three of everything would confuse who reads or tabs. */}
      <div inert style={{ filter: `url(#${CSS.escape(id + name)})` }}>
        {children}
      </div>
    </section>
  ));
}
