"""Rules, findings, tables and figures of the stage."""
