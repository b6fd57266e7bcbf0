"""What the bridge uses of a platform, where there is none: tables and classes of the same shape.

They are written after what is known of the platform's, and can not prove that these still are so.
"""
