//! Trellis: squad-based organization design.
