function Icon({ children }: { children: React.ReactNode }) {
  return (
    <svg className="fd-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** Points down: there is more below. */
export const ChevronIcon = () => (
  <Icon>
    <path d="M4.5 6.5L8 10l3.5-3.5" />
  </Icon>
);

/** Takes something away. */
export const CrossIcon = () => (
  <Icon>
    <path d="M4.5 4.5l7 7M11.5 4.5l-7 7" />
  </Icon>
);

/** Held in its place. */
export const PinIcon = () => (
  <Icon>
    <path d="M5.5 2.5h5M6.5 2.5v4L4.5 9h7l-2-2.5v-4M8 9v4.5" />
  </Icon>
);

/** A favourite, or what could become one. */
export const StarIcon = ({ filled }: { filled: boolean }) => (
  <Icon>
    <path
      fill={filled ? 'currentColor' : 'none'}
      d="M8 2.2l1.75 3.6 3.95.55-2.85 2.8.7 3.95L8 11.2l-3.55 1.9.7-3.95-2.85-2.8 3.95-.55z"
    />
  </Icon>
);
